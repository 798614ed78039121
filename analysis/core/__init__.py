"""The rock under the analysis: tables, plan, allocation, registry and the values that estimators return; no Django."""
