#!/usr/bin/env python3
"""Feeds small trees to scripts/tidy.py: each rule finds its bad snippet and spares the good one."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
import tidy  # noqa: E402


def findings(files):
    """`what` of each finding in a tree; files that no rule is about are listed for it."""
    files = dict(files)
    sources = " ".join(path for path in files if path.endswith((".h", ".cpp")))
    files.setdefault("CMakeLists.txt", "\n".join(sources.split()))
    return [f"{path}:{line}: {what}"
            for path, line, what, _ in tidy.check(files, lambda path: path in files)]


def in_coroutine(statement):
    return findings({"rpc/src/a.cpp": "void f() {\n" + statement + "\n}\n"})


class Lines(unittest.TestCase):
    def test_columns_at_and_over_the_limit(self):
        self.assertEqual(findings({"a/b.cpp": "x" * 100 + "\n"}), [])
        self.assertEqual(findings({"a/b.cpp": "x" * 101 + "\n"}), ["a/b.cpp:1: 101 columns"])

    def test_a_long_url_is_spared(self):
        self.assertEqual(findings({"a/b.cmake": "# https://example.org/" + "x" * 100}), [])

    def test_file_length_at_and_over_the_limit(self):
        self.assertEqual(findings({"a/b.cpp": "\n" * 350}), [])
        self.assertEqual(findings({"a/b.cpp": "\n" * 351}), ["a/b.cpp:351: 351 lines in a file"])

    def test_paths_of_a_machine(self):
        for path in ("/" + "root/x", "/" + "work/main"):
            self.assertEqual(findings({"scripts/a": f"cd {path}/y"}),
                             ["scripts/a:1: a path of one machine"])
        self.assertEqual(findings({"scripts/a": "cd tests/" + "work/main"}), [])


class Functions(unittest.TestCase):
    @staticmethod
    def of_lines(lines, head="int f(int a) const {"):
        return head + "\n" + "    a();\n" * (lines - 2) + "}\n"

    def test_length_at_and_over_the_limit(self):
        self.assertEqual(findings({"a/b.cpp": self.of_lines(70)}), [])
        self.assertEqual(findings({"a/b.cpp": self.of_lines(71)}),
                         ["a/b.cpp:1: a function of 71 lines"])

    def test_classes_and_namespaces_may_be_long(self):
        for head in ("class A : public B {", "namespace a {", "struct A final {"):
            self.assertEqual(findings({"a/b.cpp": self.of_lines(100, head)}), [])

    def test_a_test_and_a_member_in_a_class_are_functions(self):
        self.assertEqual(len(findings({"a/b.cpp": self.of_lines(71, "TEST(A, B) {")})), 1)
        inside = "namespace a {\nclass B {\npublic:\n" + self.of_lines(71) + "};\n}\n"
        self.assertEqual(findings({"a/b.cpp": inside}), ["a/b.cpp:4: a function of 71 lines"])

    def test_what_stands_above_a_function_does_not_count(self):
        self.assertEqual(findings({"a/b.cpp": "#include <c>\n\n" + self.of_lines(70)}), [])


class Banned(unittest.TestCase):
    def test_headers_need_pragma_once(self):
        header = "base/include/rollcall/base/a.h"
        self.assertEqual(findings({header: "int a;\n"}),
                         [f"{header}:1: a header without #pragma once"])
        self.assertEqual(findings({header: "// What it is.\n#pragma once\n"}), [])

    def test_using_namespace_in_a_header_only(self):
        header = "base/include/rollcall/base/a.h"
        bad = "#pragma once\nusing namespace std;\n"
        self.assertEqual(findings({header: bad}), [f"{header}:2: `using namespace` in a header"])
        self.assertEqual(findings({"base/src/a.cpp": "using namespace std;\n"}), [])

    def test_the_whole_of_asio(self):
        self.assertEqual(findings({"rpc/src/a.cpp": "#include <asio.hpp>\n"}),
                         ["rpc/src/a.cpp:1: the whole of Asio"])
        self.assertEqual(findings({"rpc/src/a.cpp": "#include <asio/post.hpp>\n"}), [])

    def test_sleeps_in_tests_only(self):
        code = "std::this_thread::sleep_for(1s);\n"
        self.assertEqual(findings({"tests/rpc/a_test.cpp": code}),
                         ["tests/rpc/a_test.cpp:1: a sleep in a test"])
        self.assertEqual(findings({"tests/support/eventually.cpp": code}), [])
        self.assertEqual(findings({"tests/rpc/a_test.cpp": "// never sleep_for\n"}), [])

    def test_printing_libraries(self):
        code = "void f() { std::cout << 1; }\n"
        self.assertEqual(findings({"rpc/src/a.cpp": code}),
                         ["rpc/src/a.cpp:1: a library that prints"])
        self.assertEqual(findings({"cli/src/a.cpp": code}), [])
        self.assertEqual(findings({"rpc/src/a.cpp": 'auto a = "std::cout";\n'}), [])

    def test_awaitable_operators(self):
        self.assertEqual(len(findings({"rpc/src/a.cpp": "using x::awaitable_operators::y;\n"})), 1)

    def test_unpack_without_limits(self):
        bad = "void f() { auto a = msgpack::unpack(data, size); }\n"
        good = "void f() { auto a = msgpack::unpack(zone, data, size, unpack_limits()); }\n"
        self.assertEqual(findings({"codec/src/a.cpp": bad}),
                         ["codec/src/a.cpp:1: msgpack::unpack without limits"])
        self.assertEqual(findings({"codec/src/a.cpp": good}), [])

    def test_unfinished_work(self):
        self.assertEqual(len(findings({"rpc/src/a.cpp": "int TO" + "DO = 1;\n"})), 1)


class CoAwait(unittest.TestCase):
    BRACED = ["rpc/src/a.cpp:2: a braced temporary in a co_await expression"]
    LAMBDA = ["rpc/src/a.cpp:2: a capturing lambda in a co_await expression"]

    def test_aggregates(self):
        for statement in ("co_await client.async_call(place(Order{id, note}));",
                          "co_await call(greet(name), {.timeout = limit});",
                          "auto r = co_await call({id, note});",
                          "if (auto r = co_await call(Order{}); !r) return;",
                          "co_return co_await call(a, Options{b});"):
            self.assertEqual(in_coroutine(statement), self.BRACED, statement)

    def test_capturing_lambdas(self):
        for statement in ("co_await run([this] { stop(); });",
                          "co_await run(a, [x = 1](int b) { return b; });"):
            self.assertEqual(in_coroutine(statement), self.LAMBDA, statement)

    def test_what_is_safe(self):
        for statement in ("Order order{id, note};\nco_await client.async_call(place(order));",
                          "co_await client.async_call(add(1, 2).within(50ms));",
                          "if (co_await ready()) { Order{id, note}.send(); }",
                          "for (auto& r : co_await all()) { use(Order{r}); }",
                          "co_await timer.wait(std::chrono::milliseconds{5});",
                          "co_await dial(Endpoint{host, 1});",
                          "co_await run([](int a) -> int { return a; });",
                          "co_await replies[index](x);"):
            self.assertEqual(in_coroutine(statement), [], statement)


class Includes(unittest.TestCase):
    HEADERS = {
        "base/include/rollcall/base/a.h": "#pragma once\n",
        "discovery/include/rollcall/discovery/a.h": "#pragma once\n",
        "registry/client/include/rollcall/registry/a.h": "#pragma once\n",
    }

    def test_the_arrow(self):
        include = "#include <rollcall/discovery/a.h>\n"
        self.assertEqual(findings(self.HEADERS | {"rpc/src/a.cpp": include}),
                         ["rpc/src/a.cpp:1: rpc includes discovery"])
        self.assertEqual(findings(self.HEADERS | {"cli/src/a.cpp": include}), [])

    def test_modules_that_share_an_include_folder(self):
        include = "#include <rollcall/registry/a.h>\n"
        self.assertEqual(findings(self.HEADERS | {"registry/center/src/a.cpp": include}),
                         ["registry/center/src/a.cpp:1: registry/center includes registry/client"])

    def test_rooms_and_public_headers(self):
        include = "#pragma once\n#include <httplib.h>\n"
        self.assertEqual(len(findings({"rpc/src/a.cpp": include})), 1)
        self.assertEqual(findings({"http/client/src/a.cpp": include}), [])
        self.assertEqual(len(findings({"http/client/include/rollcall/http/a.h": include})), 1)


class Files(unittest.TestCase):
    def test_unlisted_sources_and_unused_headers(self):
        files = {"rpc/CMakeLists.txt": "x src/a.cpp", "rpc/src/a.cpp": '#include "a.h"\n',
                 "rpc/src/b.cpp": "", "rpc/src/a.h": "#pragma once\n",
                 "rpc/src/b.h": "#pragma once\n", "CMakeLists.txt": ""}
        self.assertEqual(findings(files), [
            "rpc/src/b.cpp:1: a file that no CMakeLists.txt lists",
            "rpc/src/b.h:1: a header that nobody includes"])

    def test_names_from_a_loop_count_as_listed(self):
        loop = "foreach(name a b)\nadd_executable(${name} ${name}.cpp)\n"
        files = {"x/CMakeLists.txt": loop, "x/a.cpp": "", "x/c.cpp": "", "CMakeLists.txt": ""}
        self.assertEqual(findings(files), ["x/c.cpp:1: a file that no CMakeLists.txt lists"])

    def test_links(self):
        text = "[a](b.md#x) [c](../README.md) [d](https://example.org) [e](#x) [f](gone.md)\n"
        files = {"docs/a.md": text, "docs/b.md": "", "README.md": ""}
        self.assertEqual(findings(files), ["docs/a.md:1: a link to gone.md"])


if __name__ == "__main__":
    unittest.main()
