; The first two levels.
(document (block_node (block_mapping
  (block_mapping_pair key: (_) @name value: (block_node (block_mapping))) @definition.object)))
(document (block_node (block_mapping
  (block_mapping_pair key: (_) @name value: [(block_node (block_sequence)) (flow_node (flow_sequence))]) @definition.array)))
(document (block_node (block_mapping (block_mapping_pair key: (_) @name) @definition.property)))
(document (block_node (block_mapping (block_mapping_pair value: (block_node (block_mapping
  (block_mapping_pair key: (_) @name value: (block_node (block_mapping))) @definition.object))))))
(document (block_node (block_mapping (block_mapping_pair value: (block_node (block_mapping
  (block_mapping_pair key: (_) @name value: [(block_node (block_sequence)) (flow_node (flow_sequence))]) @definition.array))))))
(document (block_node (block_mapping (block_mapping_pair value: (block_node (block_mapping
  (block_mapping_pair key: (_) @name) @definition.property))))))

(comment) @lead
