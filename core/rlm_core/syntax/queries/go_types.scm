(package_clause (package_identifier) @namespace)
(type_spec name: (_) @name type: (struct_type)) @type.struct
(type_spec name: (_) @name type: (interface_type)) @type.interface
(type_spec name: (_) @name) @type.class
(type_spec
  type: (struct_type (field_declaration_list (field_declaration !name type: (_) @base.embeds)))) @heir
(type_spec type: (interface_type (type_elem . (_) @base.embeds .))) @heir
(type_spec
  type: (interface_type
    (method_elem name: (_) @method parameters: (_) @parameters result: (_)? @result))) @heir
(method_declaration
  receiver: (parameter_list . (parameter_declaration type: (_) @owner))
  name: (_) @method
  parameters: (_) @parameters
  result: (_)? @result) @member

(import_spec name: (_)? @local path: (_) @module) @binding
(type_alias name: (_) @local type: (_) @source) @binding
