"""The report: one file with sound, picture, events and settings, which opens anywhere."""

from components.html_report.write import report_file

__all__ = ["report_file"]
