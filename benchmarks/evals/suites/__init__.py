"""Generated suites: questions over any repository, with truth from its syntax."""
