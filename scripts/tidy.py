#!/usr/bin/env python3
"""The house rules that no compiler checks: prints `file:line: what; what to do` for each finding.

    scripts/tidy.py [FOLDER]      default: this repository. Exit code 1 if there is a finding.
"""

import os
import re
import subprocess
import sys

COLUMNS_MAX = 100
FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 70

# The arrow: what each module may include besides itself. docs/architecture.md shows the picture.
ARROW = {
    "base": set(),
    "programs": {"base"},
    "codec": {"base"},
    "json": {"base", "codec"},
    "rpc": {"base", "codec", "tls"},
    "tls": {"base"},
    "http/client": {"base", "tls"},
    "http/server": {"base", "tls"},
    "registry/model": {"base"},
    "registry/client": {"base", "tls", "http/client", "registry/model"},
    "registry/center": {"base", "tls", "http/server", "registry/model", "programs"},
    "discovery": {"base", "codec", "rpc", "registry/model", "registry/client"},
    "inspect": {"base", "codec", "json", "rpc", "tls", "http/server"},
    "testing": {"base", "codec", "rpc", "registry/model", "registry/client", "discovery"},
    "cli": {"base", "codec", "json", "rpc", "tls", "registry/model", "registry/client",
            "discovery"},
}
LIBRARIES = set(ARROW) - {"cli"}

# Third-party headers that only some modules may know.
ROOMS = {"httplib.h": {"http/client"}, "restinio/": {"http/server"},
         "hiredis/": {"registry/client"},
         "openssl/": {"tls", "registry/center"}}
# Third-party headers that no public header may show.
PRIVATE = ("httplib.h", "restinio/", "hiredis/", "nlohmann/", "openssl/", "spdlog/", "CLI/",
           "pugixml")

# (files, pattern, what, what to do); files is a predicate on the path.
BANNED = [
    (lambda path: True, r"#include <asio\.hpp>", "the whole of Asio", "include what is used"),
    (lambda path: path.startswith("tests/") and path != "tests/support/eventually.cpp",
     r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", "a sleep in a test",
     "wait for the event with eventually()"),
    (lambda path: module_of(path) in LIBRARIES and not path.endswith("/main.cpp"),
     r"\bstd::cout\b", "a library that prints", "use the Log of its options"),
    (lambda path: path.endswith(".h"), r"\busing namespace\b", "`using namespace` in a header",
     "write the name out"),
    (lambda path: not path.startswith("tests/"), r"\bawaitable_operators\b",
     "awaitable_operators, which are not safe to cancel", "use one timer per connection"),
    (lambda path: True, r"\b(TODO|FIXME|XXX)\b", "unfinished work", "finish it or file it"),
]

SAFE_BRACES = re.compile(  # classes with constructors and trivially copyable types
    r"(^|::)(std::.*|Duration|Deadline|TimePoint|Endpoint|Error|\w*seconds|\w+_t|use_awaitable.*)$")
MACHINE_PATHS = re.compile("(?<![\\w.])/(work|root|home/[a-z]+)/")
TEXT = (".h", ".cpp", ".md", ".py", ".sh", ".cmake", ".txt", ".in", ".json", ".yml")


def module_of(path):
    """The module of a file, "" for tests, examples and the like."""
    parts = path.split("/")
    for length in (2, 1):
        name = "/".join(parts[:length])
        if name in ARROW:
            return name
    return ""


def blank(text):
    """The same text, as long, with comments and the insides of literals replaced by spaces."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'", re.S)

    def spaces(match):
        found = match.group(0)
        if found.startswith('"') and text[:match.start()].endswith("#include "):
            return found
        return re.sub(r"[^\n]", " ", found)

    return token.sub(spaces, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_lines(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS_MAX and "://" not in line:
            yield number, f"{len(line)} columns", f"keep to {COLUMNS_MAX}"
        if MACHINE_PATHS.search(line):
            yield number, "a path of one machine", "use a relative path"


def check_size(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield lines, f"{lines} lines in a file", f"split it by noun; at most {FILE_LINES_MAX}"


def check_banned(path, code):
    for applies, pattern, what, remedy in BANNED:
        if applies(path):
            for match in re.finditer(pattern, code):
                yield line_of(code, match.start()), what, remedy
    if path.endswith(".h") and not code.lstrip().startswith("#pragma once"):
        yield 1, "a header without #pragma once", "make it the first line"
    for match in re.finditer(r"\bmsgpack::unpack\s*\(", code):
        if "limit" not in statement_after(code, match.start()):
            yield (line_of(code, match.start()), "msgpack::unpack without limits",
                   "pass an unpack_limit")


def statement_after(code, start):
    """From `start` to the end of the expression it is in: a `;`, or a bracket that closes more."""
    depth = 0
    for position in range(start, len(code)):
        char = code[position]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                return code[start:position]
        elif char == ";" and depth == 0:
            return code[start:position]
    return code[start:]


def check_co_await(path, code):
    """g++ 12 destroys some temporaries of a co_await expression twice."""
    remedy = "name it in a variable on the line above"
    for match in re.finditer(r"\bco_await\b", code):
        text = statement_after(code, match.end())
        number = line_of(code, match.start())
        if re.search(r"(?<![\w\])])\s*\[[^\[\]]+\]\s*(\(|\{|mutable\b)", text):
            yield number, "a capturing lambda in a co_await expression", remedy
        for brace in re.finditer(r"([(,]|[\w:>]+)\s*\{\s*(\.)?(\})?", text):
            before, designated, empty = brace.groups()
            name = re.sub(r"<.*", "", before)
            unsafe = designated or before in "(," or not SAFE_BRACES.search(name)
            lambda_body = name in ("const", "mutable", "noexcept", "else", "do", "try")
            is_body = not designated and re.search(r"->\s*$", text[:brace.start()])
            if unsafe and not lambda_body and not is_body:
                yield number, "a braced temporary in a co_await expression", remedy
                break


def check_functions(path, code):
    """Bodies of functions, found by what stands before their brace."""
    # A brace belongs to a function if a parameter list stands before it and no keyword says else.
    code = re.sub(r"^[ \t]*(#[^\n]*|(public|private|protected):)",
                  lambda match: " " * len(match.group(0)), code, flags=re.M)
    stack = []
    start = 0
    for match in re.finditer(r"[{};]", code):
        char = match.group(0)
        if char == "{":
            head = code[start:match.start()]
            is_function = (
                "(" in head
                and not re.search(r"\b(if|for|while|switch|catch|namespace|class|struct|union|enum"
                                  r"|concept|requires)\b", re.sub(r"\([^()]*\)", "", head))
                and not re.search(r"[=,(]\s*$", head))
            stack.append((is_function, line_of(code, start + len(head) - len(head.lstrip()))))
        elif char == "}" and stack:
            is_function, first = stack.pop()
            last = line_of(code, match.start())
            if is_function and not any(outer for outer, _ in stack):
                if last - first + 1 > FUNCTION_LINES_MAX:
                    yield (first, f"a function of {last - first + 1} lines",
                           f"split it; at most {FUNCTION_LINES_MAX}")
        start = match.end()


def check_includes(path, code, owners):
    """The arrow, the rooms of third-party libraries, and what public headers show."""
    module = module_of(path)
    if not module:
        return
    for match in re.finditer(r'^#include [<"]([^>"]+)[>"]', code, re.M):
        header, number = match.group(1), line_of(code, match.start())
        owner = owners.get(header)
        if owner and owner != module and owner not in ARROW[module]:
            yield number, f"{module} includes {owner}", "see the arrow in docs/architecture.md"
        for prefix, rooms in ROOMS.items():
            if header.startswith(prefix) and module not in rooms:
                yield number, f"{module} includes {header}", f"only {', '.join(rooms)} may know it"
        if "/include/" in path and header.startswith(PRIVATE):
            yield number, f"a public header shows {header}", "hide it in a source file"


def check_links(path, text, exists):
    for match in re.finditer(r"\]\(([^)\s]+)\)", text):
        target = match.group(1).split("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            if not exists(os.path.normpath(os.path.join(os.path.dirname(path), target))):
                yield line_of(text, match.start()), f"a link to {target}", "no such file; mend it"


def check_listed(files):
    """Every source and public header is in a CMakeLists.txt, every private header is included."""
    listed = set()
    for path, text in files.items():
        if path.endswith("CMakeLists.txt"):
            folder = os.path.dirname(path)
            words = re.findall(r"[\w./${}-]+", re.sub(r"#[^\n]*", "", text))
            for word in words:
                names = [word]
                if "${" in word:  # the body of a foreach: any word of the file may be meant
                    names = [re.sub(r"\$\{[^}]*\}", other, word) for other in words]
                listed.update(os.path.normpath(os.path.join(folder, name)) for name in names)
    includes = set()
    for path, text in files.items():
        if path.endswith((".h", ".cpp")):
            includes.update(re.findall(r'#include [<"]([^>"]+)[>"]', text))
    for path in files:
        private = path.endswith(".h") and "/include/" not in path
        if private and not any(path.endswith("/" + name) for name in includes):
            yield path, 1, "a header that nobody includes", "remove it"
        if path.endswith((".cpp", ".h")) and not private and path not in listed:
            yield path, 1, "a file that no CMakeLists.txt lists", "list it in its module's"


def owners_of(files):
    """Which module a public header belongs to, by its spelling in an #include."""
    return {path.split("/include/", 1)[1]: module_of(path)
            for path in files if "/include/" in path and module_of(path)}


def check(files, exists):
    """All findings of a tree given as {path: text}: (path, line, what, what to do)."""
    owners = owners_of(files)
    for path, text in sorted(files.items()):
        findings = []
        is_cpp = path.endswith((".h", ".cpp"))
        if not path.endswith((".md", ".json")):
            findings += check_lines(path, text)
        if path.endswith(".md"):
            findings += check_links(path, text, exists)
        if is_cpp:
            code = blank(text)
            findings += check_size(path, text)
            findings += check_banned(path, code)
            findings += check_co_await(path, code)
            findings += check_functions(path, code)
            findings += check_includes(path, code, owners)
        for number, what, remedy in findings:
            yield path, number, what, remedy
    yield from check_listed(files)


def tree(root):
    """The project's text files. git knows them; an unpacked archive has nothing else but build/."""
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    names = listing.stdout.splitlines()
    if listing.returncode != 0:
        names = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, found in os.walk(root) for name in found]
        names = [name for name in names if not name.startswith(("build/", ".git/"))]
    files = {}
    for name in names:
        full = os.path.join(root, name)
        is_script = os.path.dirname(name) in ("scripts", ".ci")
        if os.path.isfile(full) and (name.endswith(TEXT) or is_script):
            with open(full, encoding="utf-8") as file:
                files[name] = file.read()
    return files


def main():
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(
        os.path.dirname(os.path.abspath(__file__)), ".."))
    files = tree(root)
    findings = list(check(files, lambda path: os.path.exists(os.path.join(root, path))))
    for path, number, what, remedy in findings:
        print(f"{path}:{number}: {what}; {remedy}")
    print(f"tidy: {len(files)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
