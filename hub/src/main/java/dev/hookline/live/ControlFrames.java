package dev.hookline.live;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.function.BooleanSupplier;

/**
 * Stands before what answers pings, which asks nobody and has no bound: lets through what the line admits, and no ping while
 * the client does not read. It may be left without its pong, by RFC 6455, section 5.5.3.
 */
final class ControlFrames extends ChannelInboundHandlerAdapter {
    private final BooleanSupplier admits;

    /**
     * On one connection.
     *
     * @param admits asked for every ping and pong
     */
    ControlFrames(BooleanSupplier admits) {
        this.admits = admits;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        boolean ping = message instanceof PingWebSocketFrame;
        if (!ping && !(message instanceof PongWebSocketFrame)) {
            context.fireChannelRead(message);
        } else if (!admits.getAsBoolean() || (ping && !context.channel().isWritable())) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }
}
