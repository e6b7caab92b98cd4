// SPDX-License-Identifier: GPL-2.0
/*
 * An I2C bus number 1 with an MLX90614 at 0x5A and nothing else, built into the rig's kernel.
 *
 * The tests set its answers and the errors of the bus through /sys/module/thermometer/parameters/
 *   ambient, object  RAM words 0x06 and 0x07, in 0.02 K (Melexis datasheet of the MLX90614, table "RAM addresses")
 *   fault            an errno with which every transfer fails, 0 for none
 *   damage           a number that is XORed with the checksum of every answer
 */
#include <linux/i2c.h>
#include <linux/init.h>
#include <linux/module.h>

#define ADDRESS 0x5a
#define AMBIENT 0x06
#define OBJECT 0x07
#define ANSWER_LEN 3

static ushort ambient = 14907; /* 25.0 degrees */
static ushort object = 14907;
static int fault;
static ushort damage;
module_param(ambient, ushort, 0644);
module_param(object, ushort, 0644);
module_param(fault, int, 0644);
module_param(damage, ushort, 0644);

/* SMBus "Read Word" as two messages: one byte of command, then the word's low byte, its high byte and the checksum. */
static int thermometer_transfer(struct i2c_adapter *bus, struct i2c_msg *msgs, int count)
{
	u8 sent[5] = { ADDRESS << 1, 0, ADDRESS << 1 | 1 };
	u16 word;

	if (fault)
		return -fault;
	if (count != 2 || msgs[0].addr != ADDRESS || msgs[1].addr != ADDRESS)
		return -ENXIO;
	if (msgs[0].flags & I2C_M_RD || msgs[0].len != 1 || !(msgs[1].flags & I2C_M_RD) || msgs[1].len != ANSWER_LEN)
		return -EOPNOTSUPP;
	sent[1] = msgs[0].buf[0];
	if (sent[1] != AMBIENT && sent[1] != OBJECT)
		return -EIO;
	word = sent[1] == OBJECT ? object : ambient;
	sent[3] = msgs[1].buf[0] = word;
	sent[4] = msgs[1].buf[1] = word >> 8;
	msgs[1].buf[2] = i2c_smbus_pec(0, sent, sizeof(sent)) ^ damage;
	return count;
}

static u32 thermometer_abilities(struct i2c_adapter *bus)
{
	return I2C_FUNC_I2C;
}

static const struct i2c_algorithm thermometer_algorithm = {
	.xfer = thermometer_transfer,
	.functionality = thermometer_abilities,
};

static struct i2c_adapter thermometer_bus = {
	.owner = THIS_MODULE,
	.algo = &thermometer_algorithm,
	.nr = 1,
	.name = "the rig's thermometer",
};

static int __init thermometer_init(void)
{
	return i2c_add_numbered_adapter(&thermometer_bus);
}
device_initcall(thermometer_init);
