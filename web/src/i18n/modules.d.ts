declare module "*.json?first" {
  const words: import("./parts").Words;
  export default words;
}

declare module "*.json?rest" {
  const words: import("./parts").Words;
  export default words;
}
