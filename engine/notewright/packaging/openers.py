"""Libraries that pandas imports by itself to read something: no code names them."""

from __future__ import annotations

import sys
from collections.abc import Set

from notewright.packaging.known import words

#: For spreadsheets, pages, other formats, storage, and databases.
_OPENERS = words(
    """
    odf openpyxl python_calamine pyxlsb xlrd
    bs4 html5lib lxml
    fastparquet pyreadstat tables
    adlfs fsspec gcsfs s3fs
    adbc_driver_manager duckdb_engine oracledb psycopg psycopg2 pymysql pyodbc sqlalchemy
    """
)


def opened_with(before: Set[str]) -> frozenset[str]:
    """Return the libraries that were imported to read something.

    Parameters
    ----------
    before : set of str
        The modules that had been imported before.
    """
    return frozenset(name for name in _OPENERS if name in sys.modules and name not in before)
