package dev.hookline.bench;

import java.io.IOException;

/** Another command of this program in a process of its own, with its own folder and PostgreSQL. */
record BenchServer(Folder folder, ChildProcess process) implements AutoCloseable {
    static BenchServer start(String command, String... options) throws IOException {
        Folder folder = Folder.make();
        String[] arguments = new String[options.length + 2];
        arguments[0] = command;
        arguments[1] = folder.path().toString();
        System.arraycopy(options, 0, arguments, 2, options.length);
        return new BenchServer(folder, ChildProcess.ofBench(arguments));
    }

    int port() {
        return Integer.parseInt(process.readyLine());
    }

    CpuShare cpu() throws IOException {
        return new CpuShare(process.handle(), folder.path());
    }

    @Override
    public void close() throws IOException {
        process.close();
        folder.close();
    }
}
