namespace cpp rollcall.bench.thrift_echo

service Echo {
    binary echo(1: binary text)
}
