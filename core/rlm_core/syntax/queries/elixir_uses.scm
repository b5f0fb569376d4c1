(call target: (identifier) @call)
(call target: (dot right: (identifier) @call) (arguments))
; Its own name stands in the head of a definition as if it were called.
((call
  target: (identifier) @_def
  (arguments . [
    (call target: (identifier) @head)
    (binary_operator left: (call target: (identifier) @head) operator: "when")
  ]))
  (#any-of? @_def "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"))
; Nor is what defines.
((call target: (identifier) @head)
  (#any-of? @head "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate" "defn" "defnp"
    "defmodule" "defprotocol" "defimpl" "defstruct" "defexception"))
