"""The materials of the gallery: one file a landmark study, which brings in the predictors and cases that it names."""
