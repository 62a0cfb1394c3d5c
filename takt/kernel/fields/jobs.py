"""Indexes of one's own fields are made in the background, because a big table takes its time."""

from procrastinate.contrib.django import app

from takt.kernel.fields.indexing import bring_into_line


@app.task(name="takt.fields.index", queue="fields", pass_context=False)
def index_field(field: int) -> None:
    bring_into_line(field)
