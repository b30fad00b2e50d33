#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# firefox.py - a flamegraph in Firefox, driven by Marionette, which every Firefox has built in.
#
#     firefox.py FLAMEGRAPH.svg [SCREENSHOT.png]
#
# Opens the picture, zooms, searches, goes through the views and back, and compares what is said with
# what the stacks of this script's own picture say. Without an argument the picture is made of them.
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

STACKS = b"main;parse;scan 350\nmain;parse 250\nmain;render 400\n"


class Marionette:
    """Messages of [0, id, command, parameters] and [1, id, error, result], each after its length."""

    def __init__(self, port):
        deadline = time.monotonic() + 60
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), 30)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.count = 0
        self.receive()

    def receive(self):
        size = b""
        while not size.endswith(b":"):
            size += self.socket.recv(1)
        data = b""
        while len(data) < int(size[:-1]):
            data += self.socket.recv(int(size[:-1]) - len(data))
        return json.loads(data)

    def call(self, command, **parameters):
        self.count += 1
        message = json.dumps([0, self.count, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError("%s: %s" % (command, error))
        return result

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("waited in vain")
        time.sleep(0.05)


def press(firefox, key):
    firefox.run("window.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))",
                key)


def text(firefox, selector):
    return firefox.run("return document.querySelector(arguments[0]).textContent", selector)


def labels(firefox):
    return sorted(firefox.run("return [...document.querySelectorAll('.picture text')]"
                              ".map((label) => label.textContent)"))


def check(firefox):
    assert labels(firefox) == ["all", "main", "parse", "render", "scan"], labels(firefox)
    firefox.run("const i = document.querySelector('input'); i.value = 'scan';"
                "i.dispatchEvent(new Event('input', {bubbles: true}))")
    assert text(firefox, ".found") == "matched 35.0 % · 1 function", text(firefox, ".found")
    press(firefox, "n")
    assert text(firefox, ".details").startswith("scan "), text(firefox, ".details")
    press(firefox, "Enter")
    assert labels(firefox) == ["all", "main", "parse", "scan"], labels(firefox)
    firefox.run("history.back()")
    until(lambda: "render" in labels(firefox))
    press(firefox, "Escape")
    press(firefox, "ArrowUp")
    press(firefox, "ArrowUp")
    press(firefox, "ArrowUp")
    press(firefox, "Delete")
    assert labels(firefox) == ["all", "main", "render"], labels(firefox)
    assert "removed: parse (600 samples)" in text(firefox, ".details"), text(firefox, ".details")
    press(firefox, "X")
    press(firefox, "c")
    press(firefox, "r")
    assert labels(firefox).count("main") == 3, labels(firefox)
    press(firefox, "t")
    rows = firefox.run("return [...document.querySelectorAll('tbody tr')].map((row) => row.textContent)")
    assert rows[0].startswith("40.0 %") and "render" in rows[0], rows
    press(firefox, "f")
    before = firefox.run("return getComputedStyle(document.documentElement).backgroundColor")
    press(firefox, "d")
    assert before != firefox.run("return getComputedStyle(document.documentElement).backgroundColor")
    press(firefox, "d")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    folder = tempfile.mkdtemp(prefix="prof-firefox-")
    port, picture = free_port(), sys.argv[1] if len(sys.argv) > 1 else ""
    if not picture:
        build = os.environ.get("PROF_BUILD", "build")
        picture = os.path.join(folder, "picture.svg")
        subprocess.run([os.path.join(build, "bin/prof"), "flamegraph", "-q", "-o", picture, "-"],
                       input=STACKS, check=True)
    with open(os.path.join(folder, "user.js"), "w") as preferences:
        preferences.write('user_pref("marionette.port", %d);\n' % port)
    process = subprocess.Popen(["firefox-esr", "--headless", "--marionette", "--no-remote",
                                "--profile", folder], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=folder))
    try:
        firefox = Marionette(port)
        version = firefox.call("WebDriver:NewSession", capabilities={})["capabilities"]["browserVersion"]
        start = time.monotonic()
        firefox.call("WebDriver:Navigate", url="file://" + os.path.abspath(picture))
        until(lambda: firefox.run("return document.documentElement.hasAttribute('data-ready')"))
        print("Firefox %s: usable after %.0f ms" % (version, 1e3 * (time.monotonic() - start)))
        if len(sys.argv) < 2:
            check(firefox)
            print("zoom, search, Back, removal, callers, table and theme work")
        if len(sys.argv) > 2:
            with open(sys.argv[2], "wb") as file:
                file.write(base64.b64decode(firefox.call("WebDriver:TakeScreenshot", full=False)["value"]))
    finally:
        process.terminate()
        process.wait(30)


main()
