(package_declaration [(scoped_identifier) (identifier)] @namespace)
(class_declaration name: (identifier) @name) @type.class
(record_declaration name: (identifier) @name) @type.class
(enum_declaration name: (identifier) @name) @type.enum
[(interface_declaration name: (identifier) @name) (annotation_type_declaration name: (identifier) @name)] @type.interface

(class_declaration superclass: (superclass (_) @base.extends)) @heir
[
  (class_declaration interfaces: (super_interfaces (type_list (_) @base.implements)))
  (record_declaration interfaces: (super_interfaces (type_list (_) @base.implements)))
  (enum_declaration interfaces: (super_interfaces (type_list (_) @base.implements)))
] @heir
(interface_declaration (extends_interfaces (type_list (_) @base.extends))) @heir

(import_declaration (scoped_identifier) @source . ";") @binding
(import_declaration [(scoped_identifier) (identifier)] @source . (asterisk) @all) @binding
