((call target: (identifier) @_def (arguments . (alias) @name) (do_block) @body) @definition.module
  (#eq? @_def "defmodule"))
((call target: (identifier) @_def (arguments . (alias) @name) (do_block) @body) @definition.interface
  (#eq? @_def "defprotocol"))
((call
  target: (identifier) @_def
  (arguments . (alias) @title (keywords . (pair value: (alias) @title))?) (do_block) @body) @definition.class
  (#eq? @_def "defimpl"))

; One definition: all its clauses.
((call
  target: (identifier) @_def
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: [(identifier) @name (call target: (identifier) @name)] operator: "when")
  ])
  (do_block)? @body) @clause.function
  (#any-of? @_def "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"))
((call
  target: (identifier) @_def
  (arguments . (binary_operator operator: _ @name))
  (do_block)? @body) @clause.function
  (#any-of? @_def "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp")
  (#not-eq? @name "when"))

((call
  target: (identifier) @_test (arguments . (string . (_)) @quoted) (do_block) @body) @definition.module
  (#eq? @_test "describe"))
((call
  target: (identifier) @_test (arguments . (string . (_)) @quoted) (do_block) @body) @definition.function
  (#any-of? @_test "test" "property"))

((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_type
    (arguments . (binary_operator left: [(identifier) @name (call target: (identifier) @name)])))) @definition.class
  (#any-of? @_type "type" "typep" "opaque"))
((unary_operator
  operator: "@"
  operand: (call
    target: (identifier) @_callback
    (arguments . (binary_operator left: (call target: (identifier) @name))))) @definition.method
  (#any-of? @_callback "callback" "macrocallback"))
((unary_operator operator: "@" operand: (call target: (identifier) @name (arguments))) @definition.constant
  (#not-match? @name "^(moduledoc|doc|typedoc|shortdoc|spec|type|typep|opaque|callback|macrocallback)$")
  (#not-match? @name "^(impl|deprecated|since|behaviour|derive|dialyzer|compile|before_compile|after_compile)$")
  (#not-match? @name "^(on_load|tag|moduletag|describetag|external_resource|enforce_keys|optional_callbacks)$"))

((unary_operator operator: "@" operand: (call target: (identifier) @_doc)) @lead
  (#any-of? @_doc "doc" "typedoc" "spec" "impl" "deprecated" "since" "tag"))
(comment) @lead
