; The first two levels.
(document (object (pair key: (string . (_)) @quoted value: (object)) @definition.object))
(document (object (pair key: (string . (_)) @quoted value: (array)) @definition.array))
(document (object (pair key: (string . (_)) @quoted) @definition.property))
(document (object (pair value: (object (pair key: (string . (_)) @quoted value: (object)) @definition.object))))
(document (object (pair value: (object (pair key: (string . (_)) @quoted value: (array)) @definition.array))))
(document (object (pair value: (object (pair key: (string . (_)) @quoted) @definition.property))))

(comment) @lead
