@0xb5d1b1f63d8e4a11;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rollcall::bench::capnp_echo");

interface Echo {
    echo @0 (text :Data) -> (text :Data);
}
