"""A MIDI keyboard on a JACK server, in a process of its own: `python -m tests.doubles.jack_sender SERVER NAME`.

A client in the tests' process would end or hang it when its server is killed. Each line of standard input is a JSON
array: ["connect", client], ["send", hex, hex …] or ["close"]; the answer to each is a line when it is done.
"""

import json
import sys
import time

import jack

_FRAMES_APART = 4
"""Eleven thousand messages a second."""


def main() -> None:
    server, name = sys.argv[1:]
    client = jack.Client(name, servername=server, no_start_server=True)
    port = client.midi_outports.register("out")
    waiting: list[bytes] = []

    @client.set_process_callback  # type: ignore[untyped-decorator]
    def process(n_frames: int) -> None:
        port.clear_buffer()
        for frame in range(0, min(_FRAMES_APART * len(waiting), n_frames), _FRAMES_APART):
            port.write_midi_event(frame, waiting.pop(0))

    client.activate()
    print("ready", flush=True)
    for line in sys.stdin:
        what, *values = json.loads(line)
        if what == "connect":
            while not (found := client.get_ports(f"^{values[0]}:", is_midi=True, is_input=True)):
                time.sleep(0.02)
            client.connect(port, found[0])
        elif what == "send":
            waiting.extend(bytes.fromhex(value) for value in values)
            while waiting:
                time.sleep(0.001)
        else:
            client.deactivate()
            client.close()
            return
        print("done", flush=True)


if __name__ == "__main__":
    main()
