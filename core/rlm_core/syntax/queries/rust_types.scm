(struct_item name: (_) @name) @type.struct
(union_item name: (_) @name) @type.struct
(enum_item name: (_) @name) @type.enum
(trait_item name: (_) @name) @type.interface
(mod_item name: (_) @name body: (_)) @scope
(function_item name: (_) @name) @scope

(trait_item bounds: (trait_bounds (_) @base.extends)) @heir
(impl_item trait: (_) @base.implements type: (_) @subject) @heir
(attribute_item
  (attribute (identifier) @_derive arguments: (token_tree (identifier) @base.derives))
  (#eq? @_derive "derive")) @before

(use_declaration argument: (_) @use) @binding
(type_item name: (_) @local type: (_) @source) @binding
