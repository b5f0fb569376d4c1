(table . (dotted_key (_) @scope . (_) @name .)) @definition.object
(table . [(bare_key) (quoted_key)] @name) @definition.object
(table_array_element . (dotted_key (_) @scope . (_) @name .)) @definition.object
(table_array_element . [(bare_key) (quoted_key)] @name) @definition.object

(document (pair . (dotted_key (_) @scope . (_) @name .)) @definition.property)
(document (pair . [(bare_key) (quoted_key)] @name) @definition.property)
(table (pair . (dotted_key (_) @scope . (_) @name .)) @definition.property)
(table (pair . [(bare_key) (quoted_key)] @name) @definition.property)
(table_array_element (pair . [(bare_key) (quoted_key)] @name) @definition.property)

(comment) @lead
