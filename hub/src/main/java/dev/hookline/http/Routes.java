package dev.hookline.http;

/** A feature's routes. */
public interface Routes {
    void mount(Api api);
}
