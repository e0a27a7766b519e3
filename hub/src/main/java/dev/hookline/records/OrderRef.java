package dev.hookline.records;

/**
 * What an order is called.
 *
 * @param id a number of the hub's own, from 1 on; the same for as long as the order exists, deletion included
 * @param number what the sender calls it
 */
public record OrderRef(long id, String number) {}
