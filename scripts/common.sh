# Sourced by the other scripts: where things are, how to configure, what sanitizers do.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=${ROLLCALL_JOBS:-$(nproc)}
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
# Clones in different folders share what ccache has.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

# The one place for the run-time options of the sanitizers. Nothing is recovered from: a finding
# is a failed test.
asan=detect_leaks=1:detect_stack_use_after_return=1
asan+=:strict_string_checks=1:check_initialization_order=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-$asan}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}

say() { printf '\n== %s\n' "$*"; }

# configure PRESET [cmake arguments]: quiet unless it fails.
configure() {
    local preset=$1 log="build/$1-configure.log"
    shift
    mkdir -p build
    cmake --preset "$preset" "${launcher[@]}" "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        echo "configuring preset $preset failed, see above" >&2
        return 1
    }
}

# compile PRESET [targets]: all targets if none is named; quiet unless something fails.
compile() {
    local preset=$1 log="build/$1-build.log"
    shift
    local targets=()
    [ $# -eq 0 ] || targets=(--target "$@")
    cmake --build --preset "$preset" -j "$jobs" "${targets[@]}" >"$log" 2>&1 || {
        grep -E -A12 'error:|FAILED:|warning:' "$log" | head -200 >&2 || tail -50 "$log" >&2
        echo "building preset $preset failed; the whole log is in $log" >&2
        return 1
    }
}

# run_label_ci PRESET [ctest arguments]
run_label_ci() {
    local preset=$1
    shift
    ctest --preset "$preset" -j "$jobs" "$@"
}

# Configures and builds a preset and runs the label ci in it.
preset() {
    configure "$1" && compile "$1" && run_label_ci "$1"
}
