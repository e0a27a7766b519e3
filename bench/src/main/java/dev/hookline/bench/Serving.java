package dev.hookline.bench;

import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Parameters;

/** A command that serves on a port, over a PostgreSQL of its own with the product's settings, until it is told to stop. */
abstract class Serving implements Callable<Integer> {
    static final String READY = "Serving on port ";

    @Parameters(paramLabel = "FOLDER", description = "for its database")
    private Path folder = Path.of("");

    /** Starts; answers the port. */
    abstract int serve(Database database) throws Exception;

    @Override
    public Integer call() throws Exception {
        EmbeddedPostgres postgres = EmbeddedPostgres.start(folder, folder.resolve("postgres-binaries"));
        Database database = new Database(postgres.address(), 16);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            database.close();
                            postgres.close();
                            stopped.countDown();
                        },
                        "shutdown"));
        System.out.println(READY + serve(database));
        stopped.await();
        return 0;
    }
}
