"""Reading ahead: a file is read and checked in a thread of its own while the database takes what came before."""

import threading
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue

from .batch import Batch

# Batches that wait to be taken; one more is being made meanwhile.
DEPTH = 1
_SIGN_OF_LIFE, _END = "sign of life", "end"


def read_ahead(batches: Callable[[Callable[[], None]], Iterator[Batch]], tick: Callable[[], None]) -> Generator[Batch]:
    """What `batches` yields, made in a thread; whatever it raises is raised here.

    It is given a function to call for each sign of life; `tick`, which may need this thread's database connection,
    is called here as often. Not for the network: a thread that waits for it could not be ended.
    """
    queue: SimpleQueue[Batch | BaseException | str] = SimpleQueue()
    room, over = threading.Semaphore(DEPTH), threading.Event()

    def read() -> None:
        try:
            for batch in batches(lambda: queue.put(_SIGN_OF_LIFE)):
                queue.put(batch)
                room.acquire()
                if over.is_set():
                    return
            queue.put(_END)
        except BaseException as error:
            queue.put(error)

    thread = threading.Thread(target=read, name="import-reader", daemon=True)
    thread.start()
    try:
        while (found := queue.get()) != _END:
            if isinstance(found, Batch):
                room.release()
                yield found
            elif isinstance(found, BaseException):
                raise found
            else:
                tick()
    finally:
        over.set()
        room.release()
        thread.join()
