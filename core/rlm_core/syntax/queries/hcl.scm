; `resource "aws_instance" "web"` is `aws_instance.web`, `variable "region"` is `variable.region`.
(config_file (body (block
  (string_lit (template_literal) @scope) . (string_lit (template_literal) @title) . (block_start) @body) @definition.class))
(config_file (body (block
  (identifier) @scope . (string_lit (template_literal) @title) . (block_start) @body) @definition.class))
(config_file (body (block (identifier) @title . (block_start) @body) @definition.class))

((config_file (body (block . (identifier) @_type (body (attribute (identifier) @title) @definition.variable))))
  (#eq? @_type "locals"))
(config_file (body (attribute (identifier) @title) @definition.variable))

(comment) @lead
