(class_declaration (class_heritage (_) @base.extends)) @heir
(class (class_heritage (_) @base.extends)) @heir
