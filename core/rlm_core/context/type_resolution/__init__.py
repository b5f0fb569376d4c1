"""Type resolution: which types a name means in a file, through imports, aliases, re-exports and shadowing.

By syntax, so that a name may mean several (one for each branch of an `if`), or something that is not in the
workspace. Nothing is taken for a type because it has the name alone, but where a language does so itself. A
module for each way in which names are bound.
"""
