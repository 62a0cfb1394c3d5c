"""What a process of the web server loads: the product, and an end when the web server is killed before it can stop
its processes."""

import os
import signal

from takt.ops.server.children import end_with_parent

# The web server leads a session of its own, so a process that is no child of the leader has lost it already.
end_with_parent(signal.SIGKILL, os.getsid(0))

from takt.config.wsgi import application  # noqa: E402

__all__ = ["application"]
