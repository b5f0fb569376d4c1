; Headings by their text, other elements by their id.
(element . (start_tag . (tag_name) @_tag (#match? @_tag "^[hH][1-6]$"))) @text @definition.string
(element
  . [(start_tag . (tag_name) @_tag (attribute (attribute_name) @_id [(attribute_value) @title (quoted_attribute_value (attribute_value) @title)]))
   (self_closing_tag . (tag_name) @_tag (attribute (attribute_name) @_id [(attribute_value) @title (quoted_attribute_value (attribute_value) @title)]))]
  (#match? @_id "^[iI][dD]$")
  (#not-match? @_tag "^[hH][1-6]$")) @definition.field
([(script_element . (start_tag (attribute (attribute_name) @_id [(attribute_value) @title (quoted_attribute_value (attribute_value) @title)])))
  (style_element . (start_tag (attribute (attribute_name) @_id [(attribute_value) @title (quoted_attribute_value (attribute_value) @title)])))] @definition.field
  (#match? @_id "^[iI][dD]$"))

(comment) @lead
