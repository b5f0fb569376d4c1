(namespace_definition name: (_) @namespace)
(class_declaration name: (_) @name) @type.class
(interface_declaration name: (_) @name) @type.interface
(trait_declaration name: (_) @name) @type.class
(enum_declaration name: (_) @name) @type.enum

[(class_declaration (base_clause (_) @base.extends)) (interface_declaration (base_clause (_) @base.extends))] @heir
[
  (class_declaration (class_interface_clause (_) @base.implements))
  (enum_declaration (class_interface_clause (_) @base.implements))
] @heir
[
  (class_declaration body: (declaration_list (use_declaration [(name) (qualified_name)] @base.includes)))
  (trait_declaration body: (declaration_list (use_declaration [(name) (qualified_name)] @base.includes)))
  (enum_declaration body: (enum_declaration_list (use_declaration [(name) (qualified_name)] @base.includes)))
] @heir

(namespace_use_clause . [(qualified_name) (name)] @source alias: (_)? @local) @binding
