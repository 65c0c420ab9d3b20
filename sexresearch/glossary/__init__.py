"""Every table column once: name, printed header, decimals, meaning and source; and one stable formatting of tables."""

from sexresearch.glossary.column import Column
from sexresearch.glossary.every_column import COLUMNS, describe
from sexresearch.glossary.formatting import FormattedTable, format_cell, format_value, table

__all__ = ["COLUMNS", "Column", "FormattedTable", "describe", "format_cell", "format_value", "table"]
