(namespace_definition name: (_) @name) @scope
(class_specifier name: (_) @name body: (_)) @type.class
(struct_specifier name: (_) @name body: (_)) @type.struct
[
  (class_specifier (base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @base.extends))
  (struct_specifier (base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @base.extends))
] @heir

(alias_declaration name: (_) @local type: (_) @source) @binding
(type_definition type: [(type_identifier) (qualified_identifier) (template_type)] @source declarator: (type_identifier) @local) @binding
(using_declaration (qualified_identifier) @source) @binding
