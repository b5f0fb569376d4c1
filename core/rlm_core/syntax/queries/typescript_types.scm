(abstract_class_declaration name: (_) @name) @type.class
(interface_declaration name: (_) @name) @type.interface
[(internal_module name: (_) @name) (module name: (identifier) @name)] @scope

(class_declaration (class_heritage (extends_clause value: (_) @base.extends))) @heir
(class (class_heritage (extends_clause value: (_) @base.extends))) @heir
(abstract_class_declaration (class_heritage (extends_clause value: (_) @base.extends))) @heir
(class_declaration (class_heritage (implements_clause (_) @base.implements))) @heir
(class (class_heritage (implements_clause (_) @base.implements))) @heir
(abstract_class_declaration (class_heritage (implements_clause (_) @base.implements))) @heir
(interface_declaration (extends_type_clause type: (_) @base.extends)) @heir

(import_alias (identifier) @local . [(identifier) (nested_identifier)] @source) @binding
(import_require_clause (identifier) @local source: (string) @module) @binding
(type_alias_declaration name: (_) @local value: (_) @source) @binding
