# Without API keys the server listens on loopback only and refuses any other address, so a published port
# cannot reach it yet. Until keys exist, share the host's network:
#
#   docker build -t darkroom .
#   docker run --init --network host -v darkroom:/data darkroom
#
# A Debian base: the embedded PostgreSQL needs glibc.
FROM node:24-slim

ENV NODE_ENV=production \
    DARKROOM_DATA=/data

WORKDIR /app
COPY . .
RUN npm ci --omit=dev && npm cache clean --force \
    && mkdir /data && chown node:node /data

# PostgreSQL refuses root.
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --start-period=30s --interval=10s --timeout=3s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8787}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Not through npm: `docker stop` signals the server itself, which then drains.
CMD ["node", "packages/server/bin/darkroom.js", "start"]
