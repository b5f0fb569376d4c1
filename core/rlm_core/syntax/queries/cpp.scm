(namespace_definition name: (_) @name) @definition.namespace
(class_specifier name: (_) @name body: (_)) @definition.class
(concept_definition name: (_) @name) @definition.interface
(alias_declaration name: (type_identifier) @name) @definition.class

; Constructors, and what is declared by a template.
((field_declaration_list (declaration !type declarator: (_) @declarator) @definition.function)
  (#not-match? @declarator "^[A-Z][A-Z0-9]*_[A-Z0-9_]*\\("))
(template_declaration (declaration declarator: (_) @declarator) @definition.variable)
(friend_declaration (declaration type: (_) declarator: (_) @declarator) @definition.variable)
(template_declaration) @wrapper
