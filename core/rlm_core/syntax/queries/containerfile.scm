; A stage reaches to the next one.
(from_instruction as: (image_alias) @title) @section.module
(from_instruction !as (image_spec name: (image_name) @title)) @section.module
(arg_pair name: (_) @title) @definition.variable
(env_pair name: (_) @title) @definition.variable

(comment) @lead
