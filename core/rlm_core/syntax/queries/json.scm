; The first two levels.
(document (object (pair key: (string (string_content) @title) value: (object)) @definition.object))
(document (object (pair key: (string (string_content) @title) value: (array)) @definition.array))
(document (object (pair key: (string (string_content) @title)) @definition.property))
(document (object (pair value: (object (pair key: (string (string_content) @title) value: (object)) @definition.object))))
(document (object (pair value: (object (pair key: (string (string_content) @title) value: (array)) @definition.array))))
(document (object (pair value: (object (pair key: (string (string_content) @title)) @definition.property))))

(comment) @lead
