(create_schema (identifier) @name) @definition.namespace
(create_table
  (object_reference schema: (_)? @space name: (_) @name) (column_definitions)? @body) @definition.struct
(create_table (column_definitions (column_definition name: (_) @name) @definition.field))
(create_view (object_reference schema: (_)? @space name: (_) @name)) @definition.class
(create_materialized_view (object_reference schema: (_)? @space name: (_) @name)) @definition.class
(create_type (object_reference schema: (_)? @space name: (_) @name) (enum_elements)) @definition.enum
(create_type (enum_elements enum_element: (_) @name @definition.enum_member))
(create_type (object_reference schema: (_)? @space name: (_) @name)) @definition.class
(create_function
  (object_reference schema: (_)? @space name: (_) @name) (function_body) @body) @definition.function
(create_function (object_reference schema: (_)? @space name: (_) @name)) @definition.function
(create_procedure (object_reference schema: (_)? @space name: (_) @name)) @definition.function
(create_trigger
  (keyword_trigger) . (object_reference schema: (_)? @space name: (_) @name)) @definition.event
(create_index column: (identifier) @name) @definition.key

[(comment) (marginalia)] @lead
