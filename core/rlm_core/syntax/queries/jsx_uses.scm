; A component is called by the element that it is.
(jsx_opening_element name: (identifier) @call (#match? @call "^[A-Z]"))
(jsx_self_closing_element name: (identifier) @call (#match? @call "^[A-Z]"))
(jsx_opening_element name: (_ property: (_) @call))
(jsx_self_closing_element name: (_ property: (_) @call))
