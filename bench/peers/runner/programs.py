# SPDX-License-Identifier: MIT
"""Who is run: which peers are installed, how each is built, what it calls itself. Nothing is installed or downloaded here."""
import glob
import hashlib
import os
import re
import shutil
import subprocess
from collections import namedtuple

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD_SECONDS = 600

# needs: (a command, or a path with *, the Debian package that has it). build, version: commands; version: its last line counts.
Peer = namedtuple("Peer", "name needs build program version settings")
Program = namedtuple("Program", "name path version settings")
Skipped = namedtuple("Skipped", "name why broken")

PEERS = [
    Peer("erlang", [("erl", "erlang-base"), ("erlc", "erlang-base")],
         "erlc -Werror *.erl", "bench",
         "erl -noshell -eval 'io:format(\"Erlang/OTP ~s, ~s~n\", [erlang:system_info(otp_release),"
         " erlang:system_info(emu_flavor)]), halt().'",
         "+S T:T, +P large enough; flooded processes keep their queue off the heap"),
    Peer("go", [("go", "golang-go")],
         "go build -buildvcs=false -o bench .", "bench",
         "go version | sed 's/^go version go/Go /; s/ linux.*//'",
         "GOMAXPROCS=T; mailboxes are channels of 64"),
    Peer("caf", [("g++", "g++"), ("/usr/include/caf/all.hpp", "libcaf-dev")],
         "g++ -std=c++17 -O2 -o bench *.cpp -lcaf_core -pthread", "bench",
         "awk '/define CAF_VERSION / { printf \"CAF %d.%d.%d\\n\", $3 / 10000, $3 / 100 % 100, $3 % 100 }'"
         " /usr/include/caf/config.hpp",
         "-O2, scheduler.max-threads=T, all else as it comes (work stealing)"),
    Peer("tokio", [("cargo", "cargo"), ("/usr/share/cargo/registry/tokio-1*", "librust-tokio-dev")],
         "cargo build --release --offline --quiet", "target/release/bench",
         "echo $(ls -d /usr/share/cargo/registry/tokio-1* | sed 's/.*tokio-/tokio /'), $(rustc --version | cut -d' ' -f1,2)",
         "worker_threads=T; mailboxes are unbounded channels; LTO, one codegen unit"),
]
BY_NAME = {p.name: p for p in PEERS}
PACKAGES = "tools/install-deps peers"


def is_there(what):
    return bool(glob.glob(what)) if what.startswith("/") else shutil.which(what) is not None


def shell(command, folder, seconds):
    """(did it go well, what it said)."""
    env = dict(os.environ, LC_ALL="C")
    try:
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
        return done.returncode == 0, done.stdout.strip()
    except subprocess.TimeoutExpired:
        return False, f"took more than {seconds} s"


def version_of(peer):
    good, said = shell(peer.version, HERE, 60)
    return said.split("\n")[-1] if good and said else "version unknown"


def fingerprint(folder, *more):
    """Of all files of a folder, and of what they are built with: another one means that it is to be built again."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(glob.glob(folder + "/**", recursive=True) + glob.glob(folder + "/.*/*")):
        if os.path.isfile(path):
            digest.update(path.encode())
            with open(path, "rb") as f:
                digest.update(f.read())
    return digest.hexdigest()


def prepare(peer, out):
    """A Program, built in a copy of its sources below out, or why there is none."""
    missing = sorted({package for what, package in peer.needs if not is_there(what)})
    if missing:
        return Skipped(peer.name, f"not installed (Debian: {' '.join(missing)})", False)
    source, folder = os.path.join(HERE, peer.name), os.path.join(out, "build", peer.name)
    version, stamp = version_of(peer), os.path.join(folder, ".built")
    wanted, path = fingerprint(source, peer.build, version), os.path.join(folder, peer.program)
    if not (os.path.exists(path) and os.path.exists(stamp) and open(stamp).read() == wanted):
        if os.path.exists(stamp):
            os.remove(stamp)
        shutil.copytree(source, folder, dirs_exist_ok=True)
        good, said = shell(peer.build, folder, BUILD_SECONDS)
        if not good:
            return Skipped(peer.name, "does not build: " + " | ".join(said.split("\n")[-5:]), True)
        with open(stamp, "w", encoding="utf-8") as f:
            f.write(wanted)
    return Program(peer.name, path, version, peer.settings)


def given(name, path):
    """A program that the user named, taken as it is."""
    if not (os.path.isfile(path) and os.access(path, os.X_OK)):
        return Skipped(name, f"not there: {path}", False)
    return Program(name, os.path.abspath(path), "", "as given")


def troupe(path):
    header = os.path.join(os.path.dirname(os.path.dirname(HERE)), "Makefile")
    with open(header, encoding="utf-8") as f:
        version = re.search(r"^VERSION := (.*)$", f.read(), re.M)
    return Program("troupe", os.path.abspath(path), "Troupe " + (version.group(1) if version else "?"), "options as they come")
