"""Guest programs: they run in the sandbox, sent there as source text, and parse what may be hostile.

Each may import the standard library, tree-sitter's grammars, and the others here by their full names; nothing
else of this project, so that truth does not rest on the program that it measures.
"""
