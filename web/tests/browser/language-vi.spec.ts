import { readsWellIn } from "./checks/languages";

readsWellIn("vi");
