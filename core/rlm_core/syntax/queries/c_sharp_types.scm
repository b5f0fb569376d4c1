(namespace_declaration name: (_) @name) @scope
(file_scoped_namespace_declaration name: (_) @namespace)
(class_declaration name: (identifier) @name) @type.class
(record_declaration name: (identifier) @name) @type.class
(struct_declaration name: (identifier) @name) @type.struct
(interface_declaration name: (identifier) @name) @type.interface

[
  (class_declaration (base_list [(identifier) (qualified_name) (generic_name) (alias_qualified_name)] @base.extends))
  (record_declaration (base_list [(identifier) (qualified_name) (generic_name) (alias_qualified_name)] @base.extends))
  (record_declaration (base_list (primary_constructor_base_type type: (_) @base.extends)))
  (class_declaration (base_list (primary_constructor_base_type type: (_) @base.extends)))
  (struct_declaration (base_list (_) @base.extends))
  (interface_declaration (base_list (_) @base.extends))
] @heir

(using_directive name: (_) @local (_) @source .) @binding
(using_directive !name [(identifier) (qualified_name)] @source .) @all @binding
