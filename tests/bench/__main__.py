from tests.bench.pages import main

main()
