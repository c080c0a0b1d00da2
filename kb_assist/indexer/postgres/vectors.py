"""Vectors of an index in tables of PostgreSQL with pgvector: written in bulk, searched by HNSW."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ARRAY,
    REAL,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    any_,
    bindparam,
    cast,
    create_engine,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.types import UserDefinedType

from kb_assist.errors import VectorsUnavailableError
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.vector_store import Rows

# Up to this many rows every vector is compared; see docs/performance.md for what that takes.
EXACT_ROWS = 5_000
# HNSW parameters; see docs/performance.md for recall and time at these values.
_NEIGHBOURS = 16
_EF_CONSTRUCTION = 64
_EF_SEARCH = 200
_BUILD_MEMORY = "2GB"
_COPY_ROWS = 5_000
_POOL_SIZE = 10
_POOL_OVERFLOW = 30
_CONNECT_SECONDS = 5
# A search that takes longer is answered by words instead.
_TIMEOUT_MS = 5_000
# Filters are applied while the graph is walked, and the walk goes on until enough rows pass.
# A plan made for any question reads many times as much as one made for the rows in question.
_SEARCH_OPTIONS = (
    f"-c hnsw.ef_search={_EF_SEARCH} -c hnsw.iterative_scan=strict_order"
    f" -c statement_timeout={_TIMEOUT_MS} -c max_parallel_workers_per_gather=0 -c jit=off"
    " -c plan_cache_mode=force_custom_plan"
)
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"

_T = TypeVar("_T")


def search_engine(url: str) -> Engine:
    """Connections for single reading statements: each is one trip to the server."""
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        connect_args={"options": _SEARCH_OPTIONS, "connect_timeout": _CONNECT_SECONDS},
    )


def build_engine(url: str) -> Engine:
    """Connections for building and publishing."""
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def ask(engine: Engine, question: Callable[[Connection], _T]) -> _T:
    """Run a reading question; once more where the server was restarted since the last one.

    Raises VectorsUnavailableError when the server does not answer in time.
    """
    try:
        return _asked(engine, question)
    except OperationalError as error:
        if not error.connection_invalidated:
            raise _unavailable(error) from error
    except DBAPIError as error:
        raise _unavailable(error) from error
    try:
        return _asked(engine, question)
    except DBAPIError as error:
        raise _unavailable(error) from error


def _asked(engine: Engine, question: Callable[[Connection], _T]) -> _T:
    with engine.connect() as connection:
        return question(connection)


def _unavailable(error: DBAPIError) -> VectorsUnavailableError:
    said = str(error.orig).strip().splitlines()
    return VectorsUnavailableError(
        f"The vectors in PostgreSQL cannot be searched: {said[0] if said else 'no reason'}.",
        remedy="Check that the database runs; until then search goes on by words.",
    )


@contextmanager
def reaching() -> Iterator[None]:
    """Translate the driver's errors of a whole block."""
    try:
        yield
    except DBAPIError as error:
        raise _unavailable(error) from error


class HalfVector(UserDefinedType[Any]):
    """pgvector's vector of 16-bit numbers; ``None`` leaves the dimension open."""

    cache_ok = True

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = dimension

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec" if self.dimension is None else f"halfvec({self.dimension})"


def vector_table(schema: str, name: str, dimension: int) -> Table:
    """One row per vector, numbered as in the index."""
    return Table(
        name,
        MetaData(schema=schema),
        Column("row", Integer, primary_key=True, autoincrement=False),
        Column("audience", SmallInteger, nullable=False),
        Column("embedding", HalfVector(dimension), nullable=False),
    )


class PgVectors:
    """The vectors of one table. Read-only and safe to use from several threads."""

    def __init__(self, engine: Engine, table: Table, count: int, dimension: int) -> None:
        self._engine = engine
        self._count = count
        self._dimension = dimension
        # Negative inner product: the nearest come first in ascending order.
        away = table.c.embedding.op("<#>", return_type=Float())(
            cast(bindparam("query", type_=String()), HalfVector())
        )
        self._any = select(table.c.row, -away).order_by(away).limit(bindparam("most"))
        self._readable = self._any.where(table.c.audience <= bindparam("audience"))
        self._compared = _packed_values(table, func.float4send(cast(-away, REAL)))
        self._raw = _packed_values(table, func.halfvec_send(table.c.embedding))

    @property
    def count(self) -> int:
        return self._count

    @property
    def waits(self) -> bool:
        """See VectorStore."""
        return True

    def search(
        self, query: Vectors, limit: int, audience: int | None = None
    ) -> tuple[Vectors, Rows]:
        """See VectorStore."""
        limit = min(limit, self._count)
        if limit == 0:
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
        values: dict[str, Any] = {"query": _literal(query), "most": limit}
        statement = self._any
        if audience is not None:
            statement = self._readable
            values["audience"] = audience
        found = ask(self._engine, lambda connection: connection.execute(statement, values).all())
        rows = np.array([row for row, _ in found], dtype=np.int64)
        return np.array([score for _, score in found], dtype=np.float32), rows

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """See VectorStore."""
        found = self._of(self._compared, rows, np.dtype(">f4"), query=_literal(query))
        return found.astype(np.float32)

    def rows(self, numbers: Rows) -> Vectors:
        """See VectorStore."""
        # Two 16-bit words come before the numbers: the dimension, and one unused.
        layout = np.dtype([("head", ">i2", (2,)), ("vector", ">f2", (self._dimension,))])
        return self._of(self._raw, numbers, layout)["vector"].astype(np.float32)

    def _of(
        self, statement: Select[Any], rows: Rows, layout: np.dtype[Any], **values: str
    ) -> npt.NDArray[Any]:
        """One item for each of the given rows, in their order."""
        asked, places = np.unique(rows, return_inverse=True)
        values["rows"] = "{" + ",".join(map(str, asked.tolist())) + "}"
        found = ask(
            self._engine, lambda connection: connection.execute(statement, values).scalar_one()
        )
        return np.frombuffer(found or b"", dtype=layout)[places]


def _packed_values(table: Table, sent: ColumnElement[Any]) -> Select[Any]:
    """The values of given rows in ascending order as one: a thousand take longer to receive."""
    one = aggregate_order_by(literal(b"", LargeBinary()), table.c.row.asc())
    given = cast(bindparam("rows", type_=String()), ARRAY(Integer))
    packed = func.string_agg(sent, one, type_=LargeBinary())
    return select(packed).where(table.c.row == any_(given))


def _literal(query: Vectors) -> str:
    return "[" + ",".join(map(repr, query.tolist())) + "]"


def write_table(
    connection: Connection,
    table: Table,
    vectors: Vectors,
    audience: npt.NDArray[np.uint8],
    *,
    exact_rows: int = EXACT_ROWS,
) -> None:
    """Create ``table`` and fill it; above ``exact_rows`` it gets an HNSW graph.

    Vectors are kept with half precision, which halves the memory that searching needs.
    """
    table.create(connection)
    name = connection.dialect.identifier_preparer.format_table(table)
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor().copy(f"COPY {name} FROM STDIN WITH (FORMAT binary)") as copy:
        copy.write(_HEADER)
        for start in range(0, len(vectors), _COPY_ROWS):
            end = start + _COPY_ROWS
            copy.write(_packed(start, vectors[start:end], audience[start:end]))
        copy.write(_TRAILER)
    if len(vectors) > exact_rows:
        connection.execute(text(f"SET LOCAL maintenance_work_mem = '{_BUILD_MEMORY}'"))
        Index(
            f"nearest_{table.name}",
            table.c.embedding,
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "halfvec_ip_ops"},
            postgresql_with={"m": _NEIGHBOURS, "ef_construction": _EF_CONSTRUCTION},
        ).create(connection)
    connection.execute(text(f"ANALYZE {name}"))


def _packed(first: int, vectors: Vectors, audience: npt.NDArray[np.uint8]) -> bytes:
    """Rows as PostgreSQL's binary COPY wants them: each value after its length in bytes."""
    dimension = vectors.shape[1]
    layout = np.dtype(
        [
            ("fields", ">i2"),
            ("row_bytes", ">i4"),
            ("row", ">i4"),
            ("audience_bytes", ">i4"),
            ("audience", ">i2"),
            ("vector_bytes", ">i4"),
            ("dimension", ">i2"),
            ("unused", ">i2"),
            ("vector", ">f2", (dimension,)),
        ]
    )
    packed = np.zeros(len(vectors), dtype=layout)
    packed["fields"] = 3
    packed["row_bytes"] = 4
    packed["row"] = np.arange(first, first + len(vectors))
    packed["audience_bytes"] = 2
    packed["audience"] = audience
    packed["vector_bytes"] = 4 + 2 * dimension
    packed["dimension"] = dimension
    packed["vector"] = vectors
    return packed.tobytes()
