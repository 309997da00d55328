"""What pipelines say on GitHub: one comment a report, one issue a drift, kept current."""
