(class_declaration name: (_) @name) @definition.class
(variable_declarator name: (identifier) @name value: (class)) @definition.class
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: (class)) @definition.class
(pair key: [(property_identifier) (string (string_fragment))] @name value: (class)) @definition.class
(arguments (class name: (_) @name) @definition.class)
(return_statement (class name: (_) @name) @definition.class)

; `module.exports = function main() {}`
(assignment_expression right: (class name: (_) @name)) @definition.class
(assignment_expression
  left: (member_expression)
  right: [(function_expression name: (_) @name) (generator_function name: (_) @name)]) @definition.function

; A function in a wrapper: `const Row = memo(function …)`, `const open = useCallback(() => …, [])`.
((variable_declarator
  name: (identifier) @name
  value: (call_expression
    function: [(identifier) @_wrapper (member_expression property: (_) @_wrapper)]
    arguments: (arguments . [(arrow_function) (function_expression)]))) @definition.function
  (#match? @_wrapper "^(use([A-Z][A-Za-z]*)?Callback|use(Effect)?Event|(async)?[mM]emo(ize)?(ized)?|forwardRef)$"))
((variable_declarator
  name: (identifier) @name
  value: (call_expression
    function: [(identifier) @_wrapper (member_expression property: (_) @_wrapper)]
    arguments: (arguments . [(arrow_function) (function_expression)]))) @definition.function
  (#match? @_wrapper "^(observer|debounce|throttle|once|curry|defineComponent|asyncHandler|catchAsync|with[A-Z][A-Za-z]*)$"))

(function_declaration name: (_) @name) @definition.function
(generator_function_declaration name: (_) @name) @definition.function
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(assignment_expression
  left: (member_expression
    object: (member_expression
      object: (identifier) @scope
      property: (property_identifier) @_prototype)
    property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @_prototype "prototype")) @definition.method
(assignment_expression
  left: [(identifier) @name (member_expression property: (property_identifier) @name)]
  right: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(export_statement
  "default" @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.function
(export_statement "default" @name value: (class)) @definition.class

((method_definition name: (property_identifier) @name) @definition.constructor
  (#eq? @name "constructor"))
(method_definition name: (_) @name) @definition.method
(pair
  key: [(property_identifier) (string (string_fragment))] @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.method

(program (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant))
(program
  (export_statement
    (lexical_declaration kind: "const" (variable_declarator name: (identifier) @name) @definition.constant)))
(program (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(program
  (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)))
(program (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))

; Destructured: `export const { a, b: c } = f()`.
(program
  (lexical_declaration (variable_declarator name: [(object_pattern) (array_pattern)] @pattern) @definition.variable))
(program
  (export_statement
    (lexical_declaration
      (variable_declarator name: [(object_pattern) (array_pattern)] @pattern) @definition.variable)))
(program
  (variable_declaration (variable_declarator name: [(object_pattern) (array_pattern)] @pattern) @definition.variable))

; `using file = open()` is read as an assignment; the first one to a name is its definition.
(program (expression_statement (assignment_expression left: (identifier) @name) @definition.variable))

(export_statement) @wrapper
(comment) @lead
