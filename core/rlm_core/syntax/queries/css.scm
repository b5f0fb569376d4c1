(rule_set (selectors) @title (block) @body) @definition.class
(keyframes_statement (keyframes_name) @title (keyframe_block_list) @body) @definition.class
(media_statement (block) @body) @title @definition.module
(supports_statement (block) @body) @title @definition.module
(at_rule (block) @body) @title @definition.module
((declaration (property_name) @title) @definition.variable (#match? @title "^--"))

(comment) @lead
