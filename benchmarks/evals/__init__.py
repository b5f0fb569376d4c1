"""Evaluation: questions over repositories, put to several arms and models, scored, with what each cost."""
