(data_type name: (name) @name) @definition.struct
(newtype name: (name) @name) @definition.struct
(type_synonym name: (name) @name) @definition.class
(type_family name: (name) @name) @definition.class
(data_family name: (name) @name) @definition.class
(class name: (name) @name) @definition.interface
(instance name: (name) @title patterns: (_) @title) @definition.class

(data_constructor [(prefix name: (constructor) @name) (record name: (constructor) @name)]) @definition.constructor
(gadt_constructor name: (constructor) @name) @definition.constructor
(newtype_constructor name: (constructor) @name) @definition.constructor
(field name: (field_name (variable) @name)) @definition.field

; One definition: its type and all its equations.
(declarations (signature name: (variable) @name) @clause.function)
(declarations (signature name: (prefix_id (operator) @name)) @clause.function)
(class_declarations (signature name: (variable) @name) @clause.function)
(class_declarations (signature name: (prefix_id (operator) @name)) @clause.function)
(function name: (variable) @name) @clause.function
(function name: (prefix_id (operator) @name)) @clause.function
(function (infix operator: (operator) @name)) @clause.function
(declarations (bind name: (variable) @name) @clause.function)
(instance_declarations (bind name: (variable) @name) @clause.function)
(foreign_import signature: (signature name: (variable) @name)) @definition.function

[(comment) (haddock)] @lead
